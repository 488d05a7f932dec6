/**
 * The text of `--info`: what this build and this kernel can do.
 *
 * Groups and names are bpftrace's, so that scripts which look for `kprobe_multi: yes` find it; lines of ours follow them.
 */
import type { FeatureAnswer, KernelFeature } from '../runtime/index.ts';

export interface InfoFacts {
  /** Sysname, release and version of the kernel, as uname(2) has them. */
  readonly os: string;
  /** As `uname -m` has it. */
  readonly machine: string;
  /** Of this program, and the release of bpftrace that it stands in for. */
  readonly version: string;
  readonly compatibleVersion: string;
  readonly nodeVersion: string;
  readonly ask: (feature: KernelFeature) => FeatureAnswer;
}

/** What bpftrace has from libraries. */
const parts: readonly (readonly [string, string])[] = [
  ['LLVM', 'not used'],
  ['bfd', 'no'],
  ['libdw (DWARF support)', 'yes'],
  ['libsystemd (systemd notify support)', 'no'],
  ['blazesym (advanced symbolization)', 'yes'],
  ['dwunwind (DWARF stack unwinding)', 'yes'],
];

interface FeatureGroup {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, feature: KernelFeature])[];
}

const groups: readonly FeatureGroup[] = [
  {
    title: 'Kernel helpers',
    rows: [
      ['dpath', 'd-path'],
      ['get_tai_ns', 'ktime-get-tai-ns'],
      ['get_func_ip', 'get-func-ip'],
      ['lookup_percpu_elem', 'map-lookup-percpu-elem'],
      ['loop', 'bpf-loop'],
      ['for_each_map_elem', 'for-each-map-elem'],
      ['jiffies64', 'jiffies64'],
      ['probe_read_kernel', 'probe-read-kernel'],
      ['send_signal', 'send-signal'],
      ['override_return', 'override-return'],
    ],
  },
  {
    title: 'Kernel features',
    rows: [
      ['Instruction limit', 'large-insn-limit'],
      ['btf', 'btf'],
      ['module btf', 'module-btf'],
      ['Loop support', 'bounded-loops'],
      ['ring buffer', 'ring-buffer'],
      ['BPF cpu v4', 'cpu-v4'],
    ],
  },
  {
    title: 'Probe types',
    rows: [
      ['kprobe_multi', 'kprobe-multi'],
      ['uprobe_multi', 'uprobe-multi'],
      ['kprobe_session', 'kprobe-session'],
      ['iter', 'iter'],
      ['kprobe', 'kprobe'],
      ['uprobe', 'uprobe'],
      ['fentry', 'fentry'],
    ],
  },
];

/** Instructions of one prog that the verifier follows. Source: BPF_COMPLEXITY_LIMIT_INSNS and BPF_MAXINSNS in the kernel. */
const insnLimits = { yes: '1000000', no: '4096', unknown: 'unknown' } as const;

const CELL_CHARS = 35;

/** The report, ending in a newline. Groups are separated by empty lines; what is missing is explained at the end. */
export function infoReport(facts: InfoFacts): string {
  const missing: string[] = [];
  const cells = ({ rows }: FeatureGroup): string[] =>
    rows.map(([name, feature]) => {
      const answer = facts.ask(feature);
      if (answer.kind !== 'yes') missing.push(`${name}: ${answer.why.replaceAll(/\s+/g, ' ').trim()}`);
      return `${name}: ${feature === 'large-insn-limit' ? insnLimits[answer.kind] : answer.kind}`;
    });
  const sections: [title: string, lines: readonly string[]][] = [
    ['System', [`OS: ${facts.os}`, `Arch: ${facts.machine}`]],
    [
      'Build',
      [
        `version: v${facts.version}`,
        ...parts.map(([name, value]) => `${name}: ${value}`),
        `language: bpftrace ${facts.compatibleVersion}`,
        'compiler: built in, from the language to BPF',
        `Node.js: ${facts.nodeVersion}`,
      ],
    ],
    ...groups.map((group): [string, readonly string[]] => [group.title, inPairs(cells(group))]),
  ];
  if (missing.length > 0) sections.push(['Not available', missing]);
  return sections
    .map(([title, lines]) => `${[title, ...lines.map((line) => `  ${line}`)].join('\n')}\n`)
    .join('\n');
}

function inPairs(cells: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += 2) {
    lines.push(`${cells[i]?.padEnd(CELL_CHARS - 2)}${cells[i + 1] ?? ''}`.trimEnd());
  }
  return lines;
}
