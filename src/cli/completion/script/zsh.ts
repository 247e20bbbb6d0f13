/** For zsh with its completion system switched on. Where the program has no answer, zsh completes names of files. */
export const ZSH = `#compdef qdrant-admission
# zsh completion of qdrant-admission: source <(qdrant-admission completion zsh)
_qdrant_admission() {
  local line word
  local -a proposals
  while IFS=$'\\t' read -r word line; do
    proposals+=("\${word//:/\\\\:}:$line")
  done < <("\${words[1]/#\\~/$HOME}" completion propose -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#proposals )); then
    _describe -V qdrant-admission proposals
  else
    _files
  fi
}
compdef _qdrant_admission qdrant-admission
`;
