import { unreachable } from '../../base/index.ts';
import { spellType, type Type } from '../../types/index.ts';
import type { ArgSource, ModifyTarget, TypedBody, TypedExpr, TypedProgram, TypedStatement } from './tree.ts';

/**
 * A typed program as text, for golden files: one statement a line; an expression is `name(operands):type`, constants and variables are just
 * themselves with their type.
 */
export function printTyped(program: TypedProgram, probeNames: readonly string[]): string {
  const lines: string[] = [];
  for (const map of program.maps) {
    const key = map.key ? `[${typeText(map.key)}]` : '';
    const declared = map.declared === undefined ? '' : ` ${map.declared}`;
    lines.push(`map ${map.name}${key} = ${typeText(map.value)}${declared}(${map.maxEntries})`);
  }
  for (const [index, param] of program.namedParams.entries()) {
    lines.push(
      `param ${index} ${param.name}: ${typeText(param.type)} = ${String(param.default)} "${param.description}"`,
    );
  }
  const printer = new Printer(program);
  for (const fn of program.fns) {
    lines.push(`fn ${fn.name}(${fn.params.join(', ')}): ${typeText(fn.result)}`, ...printer.body(fn));
  }
  for (const probe of program.probes) {
    lines.push(probeNames[probe.probe] ?? `probe ${probe.probe}`, ...printer.body(probe));
  }
  return lines.join('\n');
}

/** The type, with what the spelling in messages leaves out. */
function typeText(type: Type): string {
  switch (type.kind) {
    case 'pointer': {
      const space = type.space === 'none' ? '' : ` ${type.space}`;
      return `${typeText(type.to)} *${space}${type.trusted ? ' trusted' : ''}`;
    }
    case 'tuple':
      return `(${type.elements.map(typeText).join(', ')})`;
    case 'hist':
      return `hist(${type.bits})`;
    case 'lhist':
      return `lhist(${type.min}, ${type.max}, ${type.step})`;
    case 'timestamp':
      return `timestamp(${type.clock}, ${JSON.stringify(type.format)})`;
    default:
      return spellType(type);
  }
}

function sourceText(source: ArgSource): string {
  switch (source.kind) {
    case 'ctx-bytes':
      return `ctx+${source.offset}`;
    case 'ctx-location':
      return `${source.relative ? 'rel_loc' : 'data_loc'}@${source.offset}`;
    case 'ctx-slot':
      return `slot ${source.index}`;
    case 'func-ret':
      return 'result';
    case 'register':
      return source.name;
    case 'user-stack':
      return `stack+${source.offset}`;
    case 'constant':
      return source.value.toString();
    case 'register-part':
      return `${source.register}+${source.byte}:${source.signed ? 'i' : 'u'}${source.size * 8}`;
    case 'user-memory':
      return `memory at ${source.address.base ?? '0'}+${source.address.offset}`;
    default:
      return unreachable(source);
  }
}

class Printer {
  readonly #program: TypedProgram;
  #locals: readonly string[] = [];

  constructor(program: TypedProgram) {
    this.#program = program;
  }

  body(body: TypedBody): string[] {
    this.#locals = body.locals.map((local) => local.name);
    const locals = body.locals.map((local) => `  ${local.name}: ${typeText(local.type)}`);
    return [...locals, ...this.#statements(body.statements, '  ')];
  }

  #statements(statements: readonly TypedStatement[], indent: string): string[] {
    return statements.flatMap((statement) => this.#statement(statement, indent));
  }

  #statement(statement: TypedStatement, indent: string): string[] {
    const inner = (body: readonly TypedStatement[]): string[] => this.#statements(body, `${indent}  `);
    switch (statement.kind) {
      case 'expr':
        return [`${indent}${this.#expr(statement.expr)}`];
      case 'set-local':
        return [`${indent}${this.#local(statement.local)} = ${this.#expr(statement.value)}`];
      case 'clear-local':
        return [`${indent}${this.#local(statement.local)} = zeros`];
      case 'set-element':
        return [`${indent}${this.#expr(statement.place)} = ${this.#expr(statement.value)}`];
      case 'set-map':
        return [`${indent}${this.#place(statement.map, statement.key)} = ${this.#expr(statement.value)}`];
      case 'aggregate': {
        const args = statement.args.map((arg) => this.#expr(arg)).join(', ');
        return [`${indent}${this.#place(statement.map, statement.key)} <- ${args}`];
      }
      case 'if': {
        const otherwise = statement.else.length === 0 ? [] : [`${indent}else`, ...inner(statement.else)];
        return [`${indent}if ${this.#expr(statement.condition)}`, ...inner(statement.then), ...otherwise];
      }
      case 'while':
        return [`${indent}while ${this.#expr(statement.condition)}`, ...inner(statement.body)];
      case 'repeat':
        return [`${indent}repeat ${statement.count}`, ...inner(statement.body)];
      case 'for-range': {
        const range = `${this.#expr(statement.from)}..${this.#expr(statement.to)}`;
        return [`${indent}for ${this.#local(statement.local)} in ${range}`, ...inner(statement.body)];
      }
      case 'for-map': {
        const map = this.#program.maps[statement.map]?.name;
        return [`${indent}for ${this.#local(statement.local)} in ${map}`, ...inner(statement.body)];
      }
      case 'break':
      case 'continue':
        return [`${indent}${statement.kind}`];
      case 'return':
        return [`${indent}return${statement.value ? ` ${this.#expr(statement.value)}` : ''}`];
      case 'scope':
        return [`${indent}scope`, ...inner(statement.body)];
      default:
        return unreachable(statement);
    }
  }

  #local(index: number): string {
    return this.#locals[index] ?? `local ${index}`;
  }

  #place(map: number, key: TypedExpr | undefined): string {
    return `${this.#program.maps[map]?.name}${key ? `[${this.#expr(key)}]` : ''}`;
  }

  #target(target: ModifyTarget): string {
    return target.kind === 'local' ? this.#local(target.local) : this.#place(target.map, target.key);
  }

  #expr(expr: TypedExpr): string {
    const typed = (text: string): string => `${text}:${typeText(expr.type)}`;
    const list = (exprs: readonly TypedExpr[]): string => exprs.map((each) => this.#expr(each)).join(', ');
    switch (expr.kind) {
      case 'int':
        return typed(String(expr.value));
      case 'string':
        return typed(JSON.stringify(expr.value));
      case 'local':
        return this.#local(expr.local);
      case 'map':
        return typed(this.#place(expr.map, expr.key));
      case 'modify': {
        const operand = this.#expr(expr.operand);
        return typed(`modify(${this.#target(expr.target)} ${expr.op}= ${operand}, ${expr.result})`);
      }
      case 'negate':
      case 'complement':
      case 'not':
        return typed(`${expr.kind}(${this.#expr(expr.operand)})`);
      case 'binary':
        return typed(`(${this.#expr(expr.left)} ${expr.op} ${this.#expr(expr.right)})`);
      case 'compare':
      case 'logical':
        return `(${this.#expr(expr.left)} ${expr.op} ${this.#expr(expr.right)})`;
      case 'conditional':
        return typed(`(${this.#expr(expr.condition)} ? ${this.#expr(expr.then)} : ${this.#expr(expr.else)})`);
      case 'cast':
        return typed(`cast(${this.#expr(expr.operand)})`);
      case 'deref':
        return typed(`(*${this.#expr(expr.pointer)})`);
      case 'field': {
        const bits = expr.bitfield ? `~${expr.bitfield.shift}/${expr.bitfield.width}` : '';
        return typed(`${this.#expr(expr.base)}.${expr.name}@${expr.offset}${bits}`);
      }
      case 'index':
        return typed(`${this.#expr(expr.base)}[${this.#expr(expr.index)}]`);
      case 'tuple':
        return `(${list(expr.elements)})`;
      case 'record':
        return typed(`{${list(expr.values)}}`);
      case 'element':
        return typed(`${this.#expr(expr.base)}.${expr.index}`);
      case 'arg':
        return typed(`arg(${sourceText(expr.source)})`);
      case 'ctx':
        return typed('ctx');
      case 'call': {
        const attrs = Object.entries(expr.attrs).map(([name, value]) => `${name}=${attrText(value)}`);
        const args = expr.args.map((arg) => this.#expr(arg));
        return typed(`${expr.builtin}(${[...args, ...attrs].join(', ')})`);
      }
      case 'call-fn':
        return typed(`${this.#program.fns[expr.fn]?.name}(${list(expr.args)})`);
      case 'call-kernel':
        return typed(`kernel ${expr.name}(${list(expr.args)})`);
      case 'named-param':
        return typed(`param ${expr.param}`);
      case 'address-of-local':
        return typed(`&${this.#local(expr.local)}`);
      case 'address-of-map':
        return typed(`&${this.#program.maps[expr.map]?.name}`);
      case 'block': {
        const body = this.#statements(expr.body, '').join('; ');
        return typed(`{ ${body}${expr.value ? `; ${this.#expr(expr.value)}` : ''} }`);
      }
      default:
        return unreachable(expr);
    }
  }
}

function attrText(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}
