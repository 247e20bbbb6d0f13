import { type ClusterChoice, PROVIDERS, type Provider } from './cluster.ts';
import { SetupError } from './setup-error.ts';

/** The options that choose a cluster, by their name on the command line, and the variable that carries them to the tests' process. */
const OPTIONS = {
  provider: 'TEST_CLUSTER_PROVIDER',
  kubeconfig: 'TEST_CLUSTER_KUBECONFIG',
  kubernetes: 'TEST_CLUSTER_KUBERNETES',
  'webhook-host': 'TEST_CLUSTER_WEBHOOK_HOST',
} as const;

type OptionName = keyof typeof OPTIONS;

type OptionValues = Partial<Record<OptionName, string>>;

export const CLUSTER_USAGE = `  --provider NAME      existing, kind or local; otherwise kind where Docker runs, else local (needs Go)
  --kubeconfig FILE    with --provider existing: an administrator's kubeconfig; it is never taken from the environment
  --kubernetes MINOR   version of the cluster that is started, e.g. 1.34; the newest pinned one unless given
  --webhook-host HOST  where the API server reaches this machine, if what is found is wrong`;

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function isProvider(name: string): name is Provider {
  return PROVIDERS.some((provider) => provider === name);
}

function toChoice(values: OptionValues): ClusterChoice {
  const { provider, kubeconfig, kubernetes, 'webhook-host': webhookHost } = values;
  if (provider !== undefined && !isProvider(provider)) {
    throw new SetupError(`--provider ${provider}: expected ${PROVIDERS.join(', ')}`);
  }
  if (kubernetes !== undefined && !/^\d+\.\d+$/.test(kubernetes)) {
    throw new SetupError(`--kubernetes ${kubernetes}: expected a minor version such as 1.34`);
  }
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(webhookHost === undefined ? {} : { webhookHost }),
  };
}

/** Takes the options that choose a cluster out of a command line, as `--name value` or `--name=value`; the rest stays as it is. */
export function parseClusterArguments(argv: readonly string[]): {
  readonly choice: ClusterChoice;
  readonly rest: readonly string[];
} {
  const values: OptionValues = {};
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!isOptionName(name)) {
      rest.push(argument);
      continue;
    }
    if (inline === undefined) {
      index += 1;
    }
    const value = inline ?? argv[index];
    if (value === undefined || value === '') {
      throw new SetupError(`--${name} needs a value`);
    }
    values[name] = value;
  }
  return { choice: toChoice(values), rest };
}

/** The choice as environment variables, for a process that cannot be given arguments. */
export function choiceToEnvironment(choice: ClusterChoice): Record<string, string> {
  const values: OptionValues = { ...choice };
  if (choice.webhookHost !== undefined) {
    values['webhook-host'] = choice.webhookHost;
  }
  const variables: Record<string, string> = {};
  for (const [name, variable] of Object.entries(OPTIONS)) {
    const value = isOptionName(name) ? values[name] : undefined;
    if (value !== undefined) {
      variables[variable] = value;
    }
  }
  return variables;
}

/** The choice that `choiceToEnvironment` wrote; an empty variable counts as none. */
export function choiceFromEnvironment(environment: NodeJS.ProcessEnv): ClusterChoice {
  const argv = Object.entries(OPTIONS).flatMap(([name, variable]) => {
    const value = environment[variable];
    return value === undefined || value === '' ? [] : [`--${name}=${value}`];
  });
  return parseClusterArguments(argv).choice;
}
