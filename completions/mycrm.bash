# Completion of mycrm for bash 4 or newer:  eval "$(mycrm completion bash)"
#
# The line goes to the program as text and comes back as text that is quoted already: nothing that is
# typed, and nothing that is stored in a record, is ever evaluated here.

_mycrm() {
    local line=${COMP_WORDS[*]:0:COMP_CWORD+1} region=${2-} mode
    if [[ -n ${COMP_LINE-} ]]; then
        line=${COMP_LINE:0:${COMP_POINT:-${#COMP_LINE}}}
    else
        region=${COMP_WORDS[COMP_CWORD]-}
    fi
    COMPREPLY=()
    mapfile -t COMPREPLY < <(command mycrm __complete bash -- "$line" "$region" 2>/dev/null </dev/null)
    mode=${COMPREPLY[0]-}
    COMPREPLY=("${COMPREPLY[@]:1}")
    case $mode in
        parts) compopt -o nospace 2>/dev/null ;;
        files) compopt -o default 2>/dev/null ;;
    esac
    return 0
}

# Bash 4.4 keeps our order, the newest records first; older ones sort.
complete -o nosort -F _mycrm mycrm 2>/dev/null || complete -F _mycrm mycrm
