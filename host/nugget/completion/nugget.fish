# fish completion for nugget: put this file into ~/.config/fish/completions/nugget.fish

function __nugget_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else if not string match -q -- '-*' "$current"
        __fish_complete_path "$current"
    end
end

complete -c nugget -f -a '(__nugget_complete)'
