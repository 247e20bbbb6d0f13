/** The shells that can complete, each with the file that says how. */
export const SHELLS = {
  bash: async () => (await import('./script/bash.ts')).BASH,
  fish: async () => (await import('./script/fish.ts')).FISH,
  zsh: async () => (await import('./script/zsh.ts')).ZSH,
} as const satisfies Readonly<Record<string, () => Promise<string>>>;

export type Shell = keyof typeof SHELLS;
