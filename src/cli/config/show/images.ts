import type { Authority, Identity } from '../../../images/authorities.ts';
import { authoritiesOf } from '../../../images/matching.ts';
import type { ImagePolicy, ImageSet, ImagesSettings } from '../../../images/settings.ts';

/** What a namespace is told of its images, for people; of nothing more than that where nothing is verified. */
export function showImages({ verification, unmatched, policies, lives, ...rest }: ImagesSettings): object {
  if (verification !== 'on') return { verification };
  return {
    verification,
    unmatched,
    policies: policies.map(showPolicy),
    authorities: Object.fromEntries(authoritiesOf(policies).map((each) => [each.name, showAuthority(each)])),
    ...(rest.acceptedVulnerabilities.length > 0 && {
      acceptedVulnerabilities: rest.acceptedVulnerabilities.map(({ images, ...each }) => ({
        ...each,
        ...showSet(images),
      })),
    }),
    ...(Object.keys(rest.trustRoots).length > 0 && { trustRoots: rest.trustRoots }),
    lives,
  };
}

function showPolicy({ images, authorities: _, ...demands }: ImagePolicy): object {
  return { ...showSet(images), ...demands };
}

function showSet({ scopes, repositories }: ImageSet): object {
  const textOf = ({ registry, path }: ImageSet['scopes'][number]) => (path === '' ? registry : `${registry}/${path}`);
  return {
    ...(scopes.length > 0 && { images: scopes.map(textOf) }),
    ...(repositories.length > 0 && { repositories: repositories.map(textOf) }),
  };
}

function showAuthority(authority: Authority): object {
  const { name: _, ...shown } = authority;
  return authority.kind === 'key' ? shown : { ...shown, identities: authority.identities.map(showIdentity) };
}

function showIdentity(identity: Identity): object {
  if (identity.kind === 'workflow' || typeof identity.subject === 'string') return identity;
  return { ...identity, subject: { pattern: identity.subject.pattern } };
}
