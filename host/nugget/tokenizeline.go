package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/wellformed"
)

// readObject reads a line of JSON. Of equal keys the last counts, as in Python.
func readObject(line []byte, form string) (map[string]json.RawMessage, error) {
	if err := wellformed.JSON(line); err != nil {
		return nil, hint.With(fmt.Errorf("is not JSON: %w", err), "a line is "+form)
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(line, &o); err != nil || o == nil {
		return nil, hint.With(errors.New("is no JSON object"), "a line is "+form)
	}
	return o, nil
}

// readText reads {"text": "..."}.
func readText(line []byte) (string, error) {
	const form = `{"text": "..."}`
	o, err := readObject(line, form)
	if err != nil {
		return "", err
	}
	var text *string
	if err := json.Unmarshal(o["text"], &text); err != nil || text == nil {
		return "", hint.With(errors.New(`has no string "text"`), "a line is "+form)
	}
	return *text, nil
}

// readConversation reads {"messages": [...], "add_generation_prompt": bool}.
func readConversation(line []byte) (messages []chat.Message, prompt bool, err error) {
	const form = `{"messages": [{"role": "user", "content": "..."}, ...], "add_generation_prompt": true}`
	o, err := readObject(line, form)
	if err != nil {
		return nil, false, err
	}
	var turns []struct {
		Role    *string `json:"role"`
		Content *string `json:"content"`
	}
	if err := json.Unmarshal(o["messages"], &turns); err != nil || turns == nil {
		return nil, false, hint.With(errors.New(`has no list "messages" of turns with the strings role and content`), "a line is "+form)
	}
	for i, turn := range turns {
		if turn.Role == nil || turn.Content == nil {
			return nil, false, hint.With(fmt.Errorf("messages[%d] lacks role or content", i), "a line is "+form)
		}
		messages = append(messages, chat.Message{Role: *turn.Role, Content: *turn.Content})
	}
	if raw, ok := o["add_generation_prompt"]; ok {
		if err := json.Unmarshal(raw, &prompt); err != nil {
			return nil, false, fmt.Errorf("add_generation_prompt: found %s, expected true or false", raw)
		}
	}
	return messages, prompt, nil
}
