package seeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
)

// readMessages reads a conversation whose last turn is the assistant's.
func readMessages(raw json.RawMessage) ([]chat.Message, error) {
	messages, err := readTurns(raw)
	if err != nil {
		return nil, err
	}
	if last := messages[len(messages)-1]; last.Role != "assistant" {
		return nil, hint.With(fmt.Errorf("messages: the last turn is of role %q, expected assistant", last.Role),
			"the last turn is what the model is to say")
	}
	return messages, nil
}

// readTurns reads a conversation of at least one turn.
func readTurns(raw json.RawMessage) ([]chat.Message, error) {
	var turns []json.RawMessage
	if err := json.Unmarshal(raw, &turns); err != nil {
		return nil, fmt.Errorf("messages: found %s, expected an array", kind(raw))
	}
	if len(turns) == 0 {
		return nil, errors.New("messages: is empty")
	}
	messages := make([]chat.Message, len(turns))
	for i, turn := range turns {
		var err error
		if messages[i], err = readMessage(turn); err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	return messages, nil
}

func readMessage(raw json.RawMessage) (chat.Message, error) {
	var m chat.Message
	var turn map[string]json.RawMessage
	if err := json.Unmarshal(raw, &turn); err != nil || turn == nil {
		return m, fmt.Errorf("found %s, expected an object", kind(raw))
	}
	for _, key := range []string{"role", "content"} {
		if _, ok := turn[key]; !ok {
			return m, fmt.Errorf("has no %s", key)
		}
	}
	for _, key := range []string{"tool_calls", "tool_call_id", "reasoning_content", "thinking"} {
		switch string(turn[key]) {
		case "", "null", "[]", `""`:
		default:
			return m, hint.With(fmt.Errorf("has %s, but only role and content are used", key), "write what it says into content")
		}
	}
	var err error
	if m.Role, err = text("role", turn["role"]); err != nil {
		return m, err
	}
	if m.Content, err = content(turn["content"]); err != nil {
		return m, err
	}
	if m.Role == "assistant" && blank(m.Content) {
		return m, errors.New("the assistant's turn is empty")
	}
	return m, nil
}

// content is a string, or a list of text parts, which are joined.
func content(raw json.RawMessage) (string, error) {
	if raw[0] != '[' {
		return text("content", raw)
	}
	var parts []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", errors.New(`content: expected a string or a list of {"type": "text", "text": "..."}`)
	}
	var b strings.Builder
	for i, part := range parts {
		words := part["text"]
		if string(part["type"]) != `"text"` || len(words) == 0 || words[0] != '"' {
			return "", fmt.Errorf(`content[%d]: expected {"type": "text", "text": "..."}`, i)
		}
		s, err := text("text", words)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}
