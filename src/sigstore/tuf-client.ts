import { initTUF } from '@sigstore/tuf';

/** A TUF repository that publishes a trusted_root.json. */
export interface TufMirror {
  readonly url: string;
  /** The file of its first root.json, from which all later ones follow; left out for the public instance of Sigstore. */
  readonly initialRoot?: string | undefined;
  /** A folder that can be written: what the mirror last said is kept there. */
  readonly cache: string;
  readonly everyMs: number;
}

/** The text of the trusted root that a mirror publishes now. Rejects where it cannot be had, or is not signed as it has to be. */
export async function fetchTrustedRoot({ url, cache, initialRoot }: TufMirror): Promise<string> {
  const client = await initTUF({
    mirrorURL: url,
    cachePath: cache,
    ...(initialRoot === undefined ? {} : { rootPath: initialRoot }),
  });
  return client.getTarget('trusted_root.json');
}
