import { defineOpeningsRule } from '../shared/policy-rules.ts';

export const metadataAddress = defineOpeningsRule({
  id: 'metadata-address',
  title: 'No NetworkPolicy opens the way to the metadata service of a cloud',
  why: "The metadata service hands the node's credentials to whoever asks: with them data leaves by the cloud's own API.",
  fix: 'egress:\n  - to:\n      - ipBlock:\n          cidr: 10.20.0.0/24',
});
