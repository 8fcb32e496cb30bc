# Completion of mycrm for fish:  mycrm completion fish > ~/.config/fish/completions/mycrm.fish
#
# Words go to the program as text, candidates come back as text: fish quotes them, and nothing that is
# typed or stored in a record is ever evaluated here.

function __mycrm_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l typed (commandline -ct | string collect)
    # A quote that is still open is closed to read the word.
    set -l current (string unescape -- "$typed" | string collect)
    or set current (string unescape -- "$typed'" | string collect)
    or set current (string unescape -- "$typed\"" | string collect)
    or set current $typed
    set -l lines (command mycrm __complete fish -- $before "$current" 2>/dev/null </dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    else
        string join \n -- $lines[2..-1]
    end
end

complete -c mycrm -f -k -a '(__mycrm_complete)'
