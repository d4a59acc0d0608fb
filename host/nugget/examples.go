package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
)

// example is a command line that --help, the man page and the documentation show. A test
// runs them all, in this order, where teacher/, student/ and the .jsonl files are.
type example struct {
	of   string // the command, without nugget
	does string
	run  string
}

var examples = []example{
	{"inspect", "what is in a model, and the memory that commands take with it", "nugget inspect teacher"},
	{"inspect", "what a transfer would take from where", "nugget inspect --compare student teacher"},
	{"transfer", "what it would cost", "nugget transfer --dry-run --teacher teacher --student student --seeds seeds.jsonl"},
	{"transfer", "an adapter for the student as it is", "nugget transfer --teacher teacher --student student --seeds seeds.jsonl --out adapter"},
	{"transfer", "the paper's form, with each model's own chat template", "nugget transfer --start paper --template chat --teacher teacher --student student --seeds seeds.jsonl --out paper"},
	{"transfer", "an ablation: the last layers, feed-forward alone", "nugget transfer --layers last --modules ffn --teacher teacher --student student --seeds seeds.jsonl --out last-ffn"},
	{"inspect", "what is in an adapter, and what it was made of", "nugget inspect adapter"},
	{"report", "a page about a transfer, and its training", "nugget report adapter"},
	{"score", "losses, layer scores, and the sensitivity of every weight", "nugget score --model teacher --seeds seeds.jsonl --out score.json --dump s.safetensors"},
	{"verify", "would it load in " + peft.Programs, "nugget verify --model student adapter"},
	{"train", "fine-tune what was transferred", "nugget train --model student --adapter adapter --data train.jsonl --max-steps 2 --out trained"},
	{"train", "the paper's form; OUT gets plain/, for the student as it is, too", "nugget train --model student --adapter paper --data train.jsonl --max-steps 2 --out trained-paper"},
	{"train", "the same training from nothing, to compare with", "nugget train --model student --init kaiming --rank 32 --data train.jsonl --max-steps 2 --out from-nothing"},
	{"eval", "the loss of a model", "nugget eval --model teacher --data heldout.jsonl"},
	{"eval", "the loss with an adapter, for programs", "nugget eval --json --model student --adapter trained --data heldout.jsonl"},
	{"generate", "continue a text", `nugget generate --model teacher --max-tokens 8 "There are"`},
	{"generate", "answer a user, with an adapter", `nugget generate --chat --model student --adapter trained --max-tokens 8 "What is 4 + 5?"`},
	{"convert", "a trained init/ for the student as it is", "nugget convert --init paper/init --out plain trained-paper"},
	{"merge", "the student with the adapter in its weights", "nugget merge --model student --out merged trained"},
	{"tokenize", "ids and pieces of a text", `nugget tokenize --json --model student "What is 4 + 5?"`},
	{"tokenize", "ids of many texts, a line each", "nugget tokenize --model student --data texts.jsonl"},
	{"plugins list", "which plugins there are, and what each describes", "nugget plugins list"},
	{"plugins new", "the source of a plugin for a new family", "nugget plugins new --dir nugget-arch-mine mine"},
	{"plugins check", "what is wrong with a plugin, on its own and for a model", "nugget plugins check nugget-arch-mine teacher"},
	{"backends", "which backends there are", "nugget backends"},
	{"backends install", "XLA for the CPU, several times faster than the built-in backend", "nugget backends install cpu"},
	{"completion", "for bash", "nugget completion bash >~/.local/share/bash-completion/completions/nugget"},
	{"completion", "for zsh, in a folder of $fpath", "nugget completion zsh >~/.zfunc/_nugget"},
	{"completion", "for fish", "nugget completion fish >~/.config/fish/completions/nugget.fish"},
	{"man", "read it", "nugget man | man -l -"},
	{"version", "for a report of a bug", "nugget version --json"},
	{"help", "the flags of a command", "nugget help transfer"},
}

// examplesOf are a command's.
func examplesOf(command string) []example {
	var list []example
	for _, e := range examples {
		if e.of == command {
			list = append(list, e)
		}
	}
	return list
}

// withExamples adds them to the help of commands and of their subcommands.
func withExamples(commands []*cli.Command, parents string) []*cli.Command {
	for _, c := range commands {
		name := strings.TrimSpace(parents + " " + c.Name)
		template := cli.CommandHelpTemplate
		if len(c.Subcommands) > 0 {
			template = cli.SubcommandHelpTemplate
		}
		if list := examplesOf(name); list != nil {
			template += "\nEXAMPLES:\n"
			for _, e := range list {
				template += "   # " + e.does + "\n   " + e.run + "\n"
			}
		}
		c.CustomHelpTemplate = template
		withExamples(c.Subcommands, name)
	}
	return commands
}
