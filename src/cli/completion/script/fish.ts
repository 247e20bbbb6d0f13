/** For fish. Where the program has no answer, fish completes names of files. */
export const FISH = `# fish completion of qdrant-admission: qdrant-admission completion fish | source
function __qdrant_admission_propose
  set --local words (commandline --tokenize --cut-at-cursor --current-process)
  set --local last (commandline --cut-at-cursor --current-token)
  set --local proposals ($words[1] completion propose -- $words[2..] "$last" 2>/dev/null)
  if set --query proposals[1]
    printf '%s\\\\n' $proposals
  else
    __fish_complete_path "$last"
  end
end
complete --command qdrant-admission --no-files --arguments '(__qdrant_admission_propose)'
`;
