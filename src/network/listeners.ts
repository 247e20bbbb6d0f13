import type { ObjectOf } from '../k8s/kinds.ts';

export type Gateway = ObjectOf<'Gateway.gateway.networking.k8s.io'>;
/** One listener of a Gateway, or of a ListenerSet. */
export type Listener = NonNullable<NonNullable<Gateway['spec']>['listeners']>[number];

/** What is wrong with a listener, with the path of the field from the listener. */
export interface ListenerProblem {
  readonly field: 'protocol' | 'tls.certificateRefs' | 'tls.mode';
  readonly value: unknown;
  readonly required: string;
}

/**
 * What lets connections through a listener that are not TLS, or that nobody can make; undefined where nothing does. One for
 * HTTP is refused whatever routes it lets attach: a route for all listeners of its Gateway takes it, too, and no field tells
 * that those that come later only redirect.
 */
export function listenerProblem({ protocol, tls }: Listener): ListenerProblem | undefined {
  if (protocol !== 'HTTPS' && protocol !== 'TLS') {
    return { field: 'protocol', value: protocol ?? undefined, required: 'set it to HTTPS, or to TLS' };
  }
  const mode = tls?.mode ?? 'Terminate';
  // The pods end TLS themselves: whoever speaks something else gets nowhere.
  if (mode === 'Passthrough' && protocol === 'TLS') return undefined;
  if (mode !== 'Terminate') {
    return { field: 'tls.mode', value: mode, required: 'set it to Terminate, or with protocol TLS to Passthrough' };
  }
  if ((tls?.certificateRefs ?? []).length > 0) return undefined;
  return { field: 'tls.certificateRefs', value: undefined, required: 'name the Secret with the certificate' };
}
