# SPDX-License-Identifier: GPL-2.0-or-later
# complete.zsh DIR WORK LINE...: what zsh's completion, with the functions in DIR, offers for each line:
# "LINE => WORD WORD ...". Its own shell runs in a pseudo-terminal, and what it hands to compadd is
# written down. WORK is a directory that is made.
zmodload zsh/zpty zsh/zselect
dir=$1 work=$2
shift 2
mkdir -p $work
zpty shell zsh -f -i

# Waits until the file is there: until the shell has done all that it was told before.
wait_for()
{
    repeat 6000; do
        [[ -e $1 ]] && return
        zselect -t 1
        zpty -r -t shell output '*' 2>/dev/null
    done
    print -ru2 -- "zsh does not answer: $output"
    exit 1
}

cat >$work/setup <<EOF
PS1='' PS2=''
autoload -Uz compinit
compinit -D -u
path=()
unsetopt automenu autolist
count=0
zle-line-init()
{
    ((count++))
    : >$work/line.\$count
}
zle -N zle-line-init
compadd()
{
    typeset -a hits
    local r
    if [[ " \$* " == *" -"[OAD]" "* ]]; then
        builtin compadd "\$@"
        return
    fi
    builtin compadd -A hits "\$@"
    builtin compadd "\$@"
    r=\$?
    print -rl -- \$hits >>$work/words.\$count
    return r
}
EOF
zpty -w shell "fpath=($dir \$fpath); source $work/setup"
n=0
for line in "$@"; do
    # Only when it reads keys, not lines, does it take all of them for itself.
    wait_for $work/line.$((++n))
    zpty -n -w shell "$line"$'\t\x15:\n'
done
wait_for $work/line.$((n + 1))
n=0
for line in "$@"; do
    offered=()
    [[ -e $work/words.$((++n)) ]] && offered=(${(fu)"$(<$work/words.$n)"})
    print -r -- "$line => $offered"
done
zpty -d shell
