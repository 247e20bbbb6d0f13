/**
 * For bash from 3.2 on, which macOS has. It breaks words at `=` and `:` and replaces only what stands behind the last of
 * them, so the words are put together before the program is asked, and what is in front is cut off from its answers.
 * Where it has none, bash completes names of files.
 */
export const BASH = `# bash completion of qdrant-admission: source <(qdrant-admission completion bash)
_qdrant_admission() {
  local -a words
  local count=0 i word current before reply
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((count > 0)) && [[ $word == [=:] || \${words[count - 1]} == *[=:] ]]; then
      words[count - 1]+=$word
    else
      words[count]=$word
      count=$((count + 1))
    fi
  done
  current=\${COMP_WORDS[COMP_CWORD]}
  if [[ $current == [=:] ]]; then current=; fi
  before=\${words[count - 1]%"$current"}
  COMPREPLY=()
  while IFS=$'\\t' read -r reply word; do
    COMPREPLY+=("\${reply#"$before"}")
  done < <("\${COMP_WORDS[0]/#~/$HOME}" completion propose -- "\${words[@]}" 2>/dev/null)
}
complete -o bashdefault -o default -F _qdrant_admission qdrant-admission
`;
