# bash completion for nugget: source this file, or put it into
# ~/.local/share/bash-completion/completions/nugget

_nugget() {
	local line
	COMPREPLY=()
	# The words are those of the command line, "--flag", "=" and "value" each one.
	while IFS= read -r line; do
		COMPREPLY+=("${line%%$'\t'*}")
	done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

# Where nugget knows no word, bash completes files.
complete -o bashdefault -o default -F _nugget nugget
