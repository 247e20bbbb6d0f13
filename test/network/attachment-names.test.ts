import { describe, expect, it } from 'vitest';
import {
  gkeNetworks,
  listedNetworks,
  ovnNetworks,
  type ReadNames,
  replacingNetwork,
  selectedNetworks,
  terwayInterfaces,
  terwayRequests,
} from '../../src/network/attachment-names.ts';

type Case = readonly [value: string, names: readonly string[] | undefined];

const CASES: readonly (readonly [name: string, read: ReadNames, cases: readonly Case[]])[] = [
  [
    'selectedNetworks',
    selectedNetworks,
    [
      ['', []],
      ['[]', []],
      ['storage', ['qdrant/storage']],
      [' a , b/c@net1 ,d@eth2', ['qdrant/a', 'b/c', 'qdrant/d']],
      ['[{"name":"a"},{"name":"b","namespace":"c","interface":"net1"}]', ['qdrant/a', 'c/b']],
      ['[{"name":"a","namespace":""}]', ['qdrant/a']],
      ['[{"name":"a.b"}]', ['qdrant/a.b']],
      [' ', undefined],
      ['a,', undefined],
      ['a/b/c', undefined],
      ['a@b@c', undefined],
      ['/a', undefined],
      ['A', undefined],
      ['-a', undefined],
      ['a;b', undefined],
      ['"a"', undefined],
      ['{"name":"a"}', undefined],
      ['[null]', undefined],
      ['["a"]', undefined],
      ['[{}]', undefined],
      ['[{"name":1}]', undefined],
      ['[{"name":"a","namespace":null}]', undefined],
      // What Go takes for name and namespace all the same.
      ['[{"name":"a","Name":"b"}]', undefined],
      ['[{"name":"a","name\u017fpace":"b"}]', undefined],
      ['[{"name":"b","name":null}]', undefined],
      ['[{"name":"a"}] ]', undefined],
    ],
  ],
  [
    'replacingNetwork',
    replacingNetwork,
    [
      ['kube-system/a', ['kube-system/a']],
      ['[{"name":"a","namespace":"b"}]', ['b/a']],
      ['a', undefined],
      ['[{"name":"a"}]', undefined],
    ],
  ],
  [
    'ovnNetworks',
    ovnNetworks,
    [
      ['{}', []],
      ['{"default":{"role":"primary"}}', []],
      ['{"default":{},"a/b":{},"a/c/2":null}', ['a/b', 'a/c']],
      ['{"Default":{}}', undefined],
      ['{"a":{}}', undefined],
      ['{"a/b/c":{}}', undefined],
      ['{"__proto__":{}}', undefined],
      ['[]', undefined],
      ['', undefined],
    ],
  ],
  [
    'gkeNetworks',
    gkeNetworks,
    [
      ['[]', []],
      ['[{"interfaceName":"eth0","network":"default"},{"interfaceName":"eth1","network":"pod-network"}]', []],
      ['[{"interfaceName":"eth1","network":"blue"}]', ['blue']],
      ['[{"interfaceName":"eth1","interface":"blue"}]', undefined],
      ['[{"network":"default","Network":"blue"}]', undefined],
      ['[{"network":"a/b"}]', undefined],
      ['{}', undefined],
    ],
  ],
  [
    'terwayRequests',
    terwayRequests,
    [
      ['[{"interfaceName":"eth1","network":"blue","defaultRoute":true}]', ['blue']],
      ['[{"interfaceName":"eth1"}]', undefined],
    ],
  ],
  [
    'terwayInterfaces',
    terwayInterfaces,
    [
      ['{"podNetworks":[]}', []],
      ['{"podNetworks":[{"interface":"eth0","vSwitchOptions":["vsw-1"],"securityGroupIDs":["sg-1"]}]}', []],
      ['{"podNetworks":[{"interface":"eth0"},{"interface":"eth1"}]}', undefined],
      ['{"podNetworks":[{"interface":"eth0","Interface":"eth1"}]}', undefined],
      ['{"podNetworks":[{"interface":"eth0"}],"PodNetworks":[{"interface":"eth1"}]}', undefined],
      ['{}', undefined],
      ['no JSON', undefined],
    ],
  ],
  [
    'listedNetworks',
    listedNetworks,
    [
      ['default', []],
      ['default,blue', ['blue']],
      ['default, blue', undefined],
      ['', undefined],
      ['a/b', undefined],
    ],
  ],
];

describe.each(CASES)('%s', (_, read, cases) => {
  it.each(cases)('of %j is %j', (value, names) => {
    expect(read(value, 'qdrant')).toEqual(names);
  });
});
