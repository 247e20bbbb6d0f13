import { describe, expect, it } from 'vitest';
import { ATTACHMENT_KEYS } from '../../src/network/attachments.ts';
import { isDevice, NO_INTERFACE } from '../../src/network/devices.ts';

describe('the table of attachments', () => {
  it('names each key once, as the API server would take it', () => {
    const keys = ATTACHMENT_KEYS.map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
    for (const key of keys) expect(key).toMatch(/^([a-z0-9.-]+\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/);
  });

  it.each(ATTACHMENT_KEYS)('says of $key what was read of its plugin', ({ read, unread }) => {
    for (const source of read?.split('; ') ?? []) expect(source).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{7}: \S/);
    expect(read ?? unread).toBeDefined();
  });
});

describe('what hands out a device', () => {
  it.each(['cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi', 'hugepages-1Gi'])('is not %s', (resource) => {
    expect(isDevice(resource)).toBe(false);
  });

  it.each([
    'intel.com/sriov_net_A',
    'nvidia.com/gpu',
    'deviceclass.resource.kubernetes.io/nic',
    'example.kubernetes.io/nic',
    'hugepages-2Mi/x',
    'example.com/hugepages-2Mi',
    'hugepages-',
    'cpu ',
    'CPU',
    'constructor',
  ])('is %s', (resource) => {
    expect(isDevice(resource)).toBe(true);
  });

  it('is listed by whole names, each of which is one', () => {
    expect(NO_INTERFACE).toEqual([...NO_INTERFACE].sort());
    expect(NO_INTERFACE.filter((resource) => !isDevice(resource))).toEqual([]);
  });
});
