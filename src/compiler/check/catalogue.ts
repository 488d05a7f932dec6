/** What can be wrong with the meaning of a script; texts follow bpftrace 0.27. */
import { lazily } from '../../base/index.ts';
import type { Catalogue } from '../language/index.ts';

const error = 'error';
const warning = 'warning';

export const checkCatalogue = lazily(
  () =>
    ({
      // Names.
      'unknown-identifier': { severity: error, message: (name: string) => `Unknown identifier: '${name}'` },
      'unknown-function': { severity: error, message: (name: string) => `Unknown function: '${name}'` },
      'undefined-map': { severity: error, message: (name: string) => `Undefined map: ${name}` },
      'undefined-variable': {
        severity: error,
        message: (name: string) => `Undefined or undeclared variable: ${name}`,
      },
      'unknown-struct': { severity: error, message: (name: string) => `Unknown struct/union: '${name}'` },
      /** The second line is in the words of upstream's C compiler, as that of c-include. */
      'c-incomplete': {
        severity: error,
        message: (struct: string, member: string, held: string, line: number) =>
          `'${struct}' is the kernel's: who defines it anew defines '${held}', which it holds, as well\ndefinitions.h:${line}: error: field '${member}' has incomplete type '${held}'`,
      },
      'unknown-type': { severity: error, message: (name: string) => `Cannot resolve unknown type "${name}"` },
      'unknown-enum': { severity: error, message: (name: string) => `Unknown enum: ${name}` },
      'missing-type': { severity: error, message: (name: string) => `'${name}' does not exist.` },
      'builtin-removed': {
        severity: error,
        message: () => 'sarg* is deleted. This was deprecated in v0.21 and was last available in v0.24.',
        hints: () => ['Use *(reg("sp") + <stack_offset>) instead.'],
      },
      'not-a-value': {
        severity: error,
        message: (name: string) => `'${name}' is a function: call it with ${name}()`,
      },
      'not-a-function': {
        severity: error,
        message: (name: string) => `'${name}' is a variable: write it without ()`,
      },

      // Calls.
      'builtin-use': { severity: error, message: (text: string) => text },
      'builtin-warning': { severity: warning, message: (text: string) => text },
      'not-supported': {
        severity: error,
        message: (name: string) => `${name} is not supported yet`,
      },
      'call-arity': { severity: error, message: (sentence: string) => sentence },
      'unsafe-builtin': {
        severity: error,
        message: (name: string) =>
          name === 'system'
            ? `${name}() is an unsafe function being used in safe mode`
            : `${name}() is unsafe. To use you need the --unsafe flag`,
        hints: () => ['To allow it, run with --unsafe.'],
      },
      'builtin-availability': {
        severity: error,
        message: (name: string, kind: string) => `${name} can not be used with "${kind}" probes`,
      },
      'builtin-elsewhere': { severity: error, message: (sentence: string) => sentence },
      'builtin-in-loop': {
        severity: error,
        message: (name: string) => `'${name}' builtin is not allowed in a for-loop`,
        hints: () => ['Save it to a variable before the loop.'],
      },
      'string-too-long': {
        severity: error,
        message: (limit: number, text: string) => `String is too long (over ${limit} bytes): ${text}`,
      },
      'fn-arity': {
        severity: error,
        message: (name: string, wanted: number, got: number) =>
          `Function \`${name}\` requires ${wanted} arguments, got only ${got}`,
      },
      'fn-argument': {
        severity: error,
        message: (wanted: string, name: string, got: string) =>
          `Expected ${wanted} for argument \`${name}\` got ${got}`,
      },
      'fn-result': {
        severity: error,
        message: (name: string, wanted: string, got: string) =>
          `Function ${name} is of type ${wanted}, cannot return ${got}`,
      },
      'kfunc-closed': {
        severity: error,
        message: (name: string) => `The kernel does not let BPF programs call its function ${name}()`,
      },
      'kfunc-type': {
        severity: error,
        message: (name: string) =>
          `The kernel's function ${name}() cannot be called from a script: it takes or gives what does not fit a register`,
      },
      'fn-linkage': {
        severity: error,
        message: (name: string) => `Unsupported function linkage: '${name}'`,
      },
      'fn-redefined': { severity: error, message: (name: string) => `Redefinition of function: ${name}` },
      'outside-probe': {
        severity: error,
        message: (name: string) => `Builtin ${name} not supported outside probe`,
      },
      'missing-feature': {
        severity: error,
        message: (feature: string) => `Missing required kernel feature: ${feature}`,
      },

      // Operators.
      'operator-types': {
        severity: error,
        message: (op: string, left: string, right: string) =>
          `The ${op} operator can not be used on expressions of types ${left}, ${right}`,
      },
      'operator-type': {
        severity: error,
        message: (op: string, type: string) =>
          `The ${op} operator can not be used on expressions of type '${type}'`,
      },
      'comparison-types': {
        severity: error,
        message: (op: string, left: string, right: string) =>
          `Type mismatch for '${op}': comparing ${left} with ${right}`,
      },
      'array-operator': {
        severity: error,
        message: (op: string) => `The ${op} operator cannot be used on arrays.`,
      },
      'array-sizes': {
        severity: error,
        message: () => 'Only arrays of same size support comparison operators.',
      },
      'array-elements': {
        severity: error,
        message: () => 'Only arrays of same sized integer support comparison operators.',
      },
      'pointer-comparison': {
        severity: warning,
        message: (left: string, right: string) => `comparison of distinct pointer types: ${left}, ${right}`,
      },
      'signed-division': {
        severity: warning,
        message: (op: string) =>
          `signed operands for '${op}' can lead to undefined behavior (cast to unsigned to silence warning)`,
      },
      'fold-overflow': {
        severity: error,
        message: () => 'unable to fold literals due to overflow or underflow',
      },
      'negative-underflow': { severity: error, message: () => 'negative value will underflow' },
      'string-operation': { severity: error, message: () => 'illegal literal operation with strings' },
      'string-always-empty': { severity: warning, message: () => 'literal string will always be empty' },
      'dereference-type': {
        severity: error,
        message: (type: string) => `Can not dereference type '${type}'. It is not a pointer.`,
      },
      'dereference-struct': {
        severity: error,
        message: (type: string) => `Can not dereference struct/union of type '${type}'. It is not a pointer.`,
      },
      'address-space-unset': { severity: warning, message: () => 'Addrspace is not set' },
      'address-space-mismatch': { severity: warning, message: () => 'Addrspace mismatch' },
      condition: { severity: error, message: (type: string) => `Invalid condition: ${type}` },
      branches: {
        severity: error,
        message: (left: string, right: string) =>
          `Branches must return the same type or compatible types: have '${left}' and '${right}'`,
      },
      comptime: { severity: error, message: () => 'Unable to resolve comptime expression' },

      // Casts and types.
      'cast-from-struct': { severity: error, message: (type: string) => `Cannot cast from C type "${type}"` },
      'cast-from-none': { severity: error, message: (type: string) => `Cannot cast from "${type}" type` },
      cast: {
        severity: error,
        message: (from: string, to: string) => `Cannot cast from "${from}" to "${to}"`,
      },
      'cast-array-size': {
        severity: error,
        message: () =>
          'Cannot determine array size: the element size is incompatible with the cast integer size',
      },
      'cast-enum': {
        severity: error,
        message: (name: string, value: bigint) => `Enum: ${name} doesn't contain a variant value of ${value}`,
      },
      'cast-unnecessary': {
        severity: warning,
        message: (type: string) => `Unnecessary cast: expression is already of type ${type}`,
      },
      'implicit-cast': {
        severity: warning,
        message: (from: string, to: string) =>
          `Expression of type: ${from} being cast to type: ${to}. This may cause unexpected results. Use an explicit cast to suppress this warning.`,
      },
      'unstable-error': {
        severity: error,
        message: (feature: string, config: string) =>
          `${feature} feature is not enabled by default. To enable this unstable feature, set the config flag to enable. ${config}=enable`,
      },
      'unstable-warning': {
        severity: warning,
        message: (feature: string, config: string) =>
          `Script is using an unstable feature: ${feature}. To prevent this warning you must explicitly enable it in the config e.g. ${config}=enable`,
      },

      // Members, elements.
      'field-on': {
        severity: error,
        message: (field: string, type: string) =>
          `Can not access field '${field}' on expression of type '${type}'`,
      },
      'field-missing': {
        severity: error,
        message: (type: string, field: string) =>
          `Struct/union of type '${type}' does not contain a field named '${field}'`,
      },
      'record-field-missing': {
        severity: error,
        message: (field: string) => `Record does not contain a field named '${field}'`,
      },
      'field-type': { severity: error, message: (field: string) => `${field} has unsupported type` },
      'field-tag': {
        severity: error,
        message: (field: string, tag: string) =>
          `Attempting to access pointer field '${field}' with unsupported tag attribute: ${tag}`,
      },
      'args-missing': { severity: error, message: (field: string) => `Can't find a field ${field}` },
      'args-common': {
        severity: error,
        message: () => 'BPF does not support accessing common tracepoint fields',
      },
      'param-missing': {
        severity: error,
        message: (field: string) => `Can't find function parameter ${field}`,
      },
      'param-unreadable': {
        severity: error,
        message: (why: string) => `Can't read function parameter: ${why}`,
      },
      'element-on': {
        severity: error,
        message: (index: bigint, type: string) =>
          `Can not access index '${index}' on expression of type '${type}'`,
      },
      'element-range': {
        severity: error,
        message: (index: bigint, count: number) =>
          `Invalid tuple index: ${index}. Found ${count} elements in tuple.`,
      },
      'tuple-index': {
        severity: error,
        message: () => 'Array-style access for tuples only valid for integer literals',
      },
      'index-on': {
        severity: error,
        message: (type: string) =>
          `The array index operator [] can only be used on arrays, pointers, and tuples, found ${type}.`,
      },
      'index-unsized': {
        severity: error,
        message: () => 'The array index operator [] cannot be used on a pointer to an unsized type (void *).',
      },
      'index-type': {
        severity: error,
        message: (type: string) =>
          `The array index operator [] only accepts non-negative integer indices. Got: ${type}`,
      },
      'index-range': {
        severity: error,
        message: (index: bigint, size: number) =>
          `the index ${index} is out of bounds for array of size ${size}`,
      },
      'element-target': {
        severity: error,
        message: (type: string) =>
          `Elements can be assigned in arrays that a variable or map holds, not in ${type}`,
      },
      'element-type': {
        severity: error,
        message: (type: string) => `An element of type '${type}' cannot be assigned as a whole`,
      },
      'element-value': {
        severity: error,
        message: (next: string, current: string) =>
          `Type mismatch: trying to assign value of type '${next}' to an element of type '${current}'`,
      },
      'offsetof-type': { severity: error, message: (type: string) => `'${type}' is not a C type.` },
      'offsetof-field': {
        severity: error,
        message: (type: string, field: string) => `'${type}' has no field named '${field}'`,
      },
      'offsetof-bitfield': {
        severity: error,
        message: (field: string) => `'${field}' is a bitfield: it has no offset in bytes`,
      },

      // Maps.
      'map-used-scalar': {
        severity: error,
        message: (name: string) =>
          `${name} used as a map without an explicit key (scalar map), previously used with an explicit key (non-scalar map)`,
      },
      'map-used-keyed': {
        severity: error,
        message: (name: string) =>
          `${name} used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)`,
      },
      'map-value-type': {
        severity: error,
        message: (name: string, next: string, current: string) =>
          `Type mismatch for ${name}: trying to assign value of type '${next}' when map already has a type '${current}'`,
      },
      'map-key-type': {
        severity: error,
        message: (name: string, next: string, current: string) =>
          `Argument mismatch for ${name}: trying to access with arguments: '${next}' when map expects arguments: '${current}'`,
      },
      'map-key-value': {
        severity: error,
        message: (type: string) => `Value '${type}' cannot be used as a map key.`,
      },
      'map-key-none': { severity: error, message: (type: string) => `Invalid map key type: ${type}` },
      'map-key-ctx': { severity: error, message: () => 'context cannot be part of a map key' },
      'map-value': {
        severity: error,
        message: (type: string) => `Value '${type}' cannot be assigned to a map.`,
      },
      'map-aggregate-copy': {
        severity: error,
        message: (type: string, example: string) =>
          `Map value '${type}' cannot be assigned from one map to another. The function that returns this type must be called directly e.g. \`${example};\`.`,
      },
      'map-parameters': { severity: error, message: (text: string) => text },
      'map-kind': {
        severity: error,
        message: (kind: string) => `Invalid bpf map type: ${kind}`,
        hints: () => ['Valid map types: percpulruhash, percpuhash, lruhash, hash'],
      },
      'map-entries': {
        severity: error,
        message: (name: string, most: bigint) => `${name} can have ${most} entries at most`,
      },
      'map-without-entries': {
        severity: error,
        message: (name: string) => `${name} needs room for one entry at least`,
      },
      'map-kind-mismatch': {
        severity: error,
        message: (declared: string, needed: string) =>
          `Incompatible map types. Type from declaration: ${declared}. Type from value/key type: ${needed}`,
      },
      'map-array': {
        severity: error,
        message: (type: string) => `A map can be declared as an array of numbers or pointers, not as ${type}`,
        hints: () => ['For other values leave the type away: it follows from what is assigned.'],
      },
      'map-redeclared': { severity: error, message: (name: string) => `Redeclaration of map: ${name}` },
      'map-unused': { severity: warning, message: (name: string) => `Unused map: ${name}` },
      'map-iteration-scalar': {
        severity: error,
        message: (name: string) =>
          `${name} has no explicit keys (scalar map), and cannot be used for iteration`,
      },
      'map-iteration-type': {
        severity: error,
        message: (type: string) => `Loop expression does not support type: ${type}`,
      },
      'map-in-meta': {
        severity: error,
        message: (where: string) => `Map assignments not allowed inside of ${where}`,
      },
      'aggregate-in-tuple': {
        severity: error,
        message: (type: string, where: string) => `Map type ${type} cannot exist inside a ${where}.`,
      },

      // Variables.
      'variable-redeclared': {
        severity: error,
        message: (name: string) =>
          `Variable ${name} was already declared. Variable shadowing is not allowed.`,
      },
      'loop-shadows': {
        severity: error,
        message: (name: string) => `Loop declaration shadows existing variable: ${name}`,
      },
      'variable-type': {
        severity: error,
        message: (name: string, next: string, current: string) =>
          `Type mismatch for ${name}: trying to assign value of type '${next}' when variable already has a type '${current}'`,
      },
      'variable-value': {
        severity: error,
        message: (type: string) => `Value '${type}' cannot be assigned to a scratch variable.`,
      },
      'variable-declaration': {
        severity: error,
        message: (type: string) => `Invalid variable declaration type: ${type}`,
      },
      'variable-unresolved': {
        severity: error,
        message: () => 'Could not resolve the type of this variable',
      },
      'address-type': {
        severity: error,
        message: (name: string) => `No type available for variable ${name}`,
      },
      'type-unresolved': {
        severity: error,
        message: () => 'Could not resolve the type of this expression',
        hints: () => ['Nothing in the script says what it holds: assign a value to it, or cast it.'],
      },
      'assignment-value': { severity: error, message: () => 'Invalid expression for assignment' },
      'variable-never-assigned': {
        severity: warning,
        message: (name: string) => `Variable ${name} was never assigned to.`,
      },
      'variable-unassigned-use': {
        severity: warning,
        message: (name: string) => `Variable used before it was assigned: ${name}`,
      },

      // Statements.
      'jump-place': {
        severity: error,
        message: (jump: string, place: string) => `'${jump}' statement is not allowed in a ${place}`,
      },
      'return-type': {
        severity: error,
        message: (type: string) => `Probe return values can only be integers. Found ${type}`,
      },
      'unroll-value': { severity: error, message: () => 'invalid unroll value' },
      'unroll-maximum': { severity: error, message: () => 'unroll maximum value is 100' },
      'unroll-minimum': { severity: error, message: () => 'unroll minimum value is 1' },
      'range-start': {
        severity: error,
        message: () => 'Loop range requires an integer for the start value',
      },
      'range-end': { severity: error, message: () => 'Loop range requires an integer for the end value' },
      unreachable: { severity: warning, message: () => 'Unreachable statement.' },
      'while-deprecated': {
        severity: warning,
        message: () => 'While loops are deprecated and may be removed in the future.',
        hints: () => ['Use a range-based for loop instead, e.g. for $i : 0..10 { ... }'],
      },
      discarded: { severity: warning, message: () => 'Return value discarded.' },
      'statement-import': {
        severity: error,
        message: () =>
          'Import statements that are not at the top level are primarily for the standard library. If this is functionality you need, please file an issue to explain why.',
        hints: () => [
          'Import the file at the top of the script, or set unstable_import_statement=enable in the config.',
        ],
      },

      // Compiled programs.
      aot: { severity: error, message: (what: string) => `AOT does not yet support ${what}` },

      // Parameters.
      'parameter-missing': {
        severity: warning,
        message: (index: number) => `Positional parameter $${index} is empty or not provided. `,
      },
      'getopt-differs': {
        severity: error,
        message: (name: string) =>
          `getopt("${name}") is used with different defaults or descriptions: all uses of a name must agree`,
      },

      // Macros.
      'macro-mismatch': {
        severity: error,
        message: (name: string) => `Call to ${name}() has arguments that do not match any definition.`,
      },
      'macro-param-twice': {
        severity: error,
        message: (kind: string, name: string) => `${kind} for macro argument has already been used: ${name}`,
      },
      'macro-redefined': { severity: error, message: (name: string) => `Redefinition of macro: ${name}` },
      'macro-recursive': {
        severity: error,
        message: (chain: string) => `Recursive macro call detected. Call chain: ${chain}`,
      },
      'macro-shadows': {
        severity: error,
        message: (name: string) => `Variable declaration shadows macro arg ${name}`,
      },
      'macro-map': {
        severity: error,
        message: (name: string) =>
          `Unhygienic access to map: ${name}. Maps must be passed into the macro as arguments.`,
      },
      'macro-size': {
        severity: error,
        message: (limit: number) => `macros make this script larger than ${limit} nodes`,
        hints: () => ['Every call copies the body of its macro: let macros that call each other do less.'],
      },
      'c-macro': {
        severity: error,
        message: (text: string, _name: string, _problem: string) =>
          `unable to expand macro as an expression: ${text}`,
        hints: (_text: string, name: string, problem: string) => [`${name}: ${problem}`],
      },
      'c-macro-recursive': { severity: error, message: (name: string) => `Macro recursion: ${name}` },

      // Config.
      'config-unknown': {
        severity: error,
        message: (key: string) => `${key}: not a known configuration option`,
      },
      'config-environment': {
        severity: error,
        message: (key: string) => `${key}: can only be set as an environment variable`,
      },
      'config-value': { severity: error, message: (text: string) => text },
      'clock-map': {
        severity: error,
        message: (name: string) =>
          `BPFTRACE_DUMMY_TS_MAP names ${name}, which is no scalar map of an unsigned integer in this script`,
      },
      'config-deprecated': {
        severity: warning,
        message: (key: string) => `${key} is deprecated and has no effect`,
      },
      'config-renamed': {
        severity: warning,
        message: (key: string, name: string) => `${key} has been renamed, please use ${name}`,
      },
    }) as const satisfies Catalogue,
);

export type CheckCode = keyof ReturnType<typeof checkCatalogue>;
