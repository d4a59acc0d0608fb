#compdef nugget
# zsh completion for nugget: source this file, or put it as _nugget into a folder of
# $fpath

_nugget() {
	local -a found
	local line
	while IFS= read -r line; do
		# _describe wants word:description.
		found+=("${${line//:/\\:}/$'\t'/:}")
	done < <("${(Q)words[1]/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
	if (( $#found )); then
		_describe nugget found
	else
		_files
	fi
}

if [[ $funcstack[1] == _nugget ]]; then
	_nugget "$@"
else
	compdef _nugget nugget
fi
