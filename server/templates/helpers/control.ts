/** Helpers that change how the page goes on. */
import { SET_NAMES_MAX } from '../bounds.js';
import { TemplateFault } from '../errors.js';
import { ReturnSignal } from '../frame.js';
import { Html } from '../html.js';
import type { Helper } from '../language.js';
import { taint } from '../taint.js';
import { textArgument } from './arguments.js';

/** Characters of a type and of a message that `raise` throws, and of a line in the log. */
const TYPE_CHARACTERS_MAX = 100;
const MESSAGE_CHARACTERS_MAX = 4000;

export const controlHelpers: readonly Helper[] = [
  {
    name: 'set',
    arguments: [2, 2],
    call([name, value], { run, frame, isMarked }) {
      const key = textArgument(run, name);
      if (!run.names.has(key) && run.names.size >= SET_NAMES_MAX) {
        const message = `A request keeps at most ${SET_NAMES_MAX.toLocaleString('en')} names.`;
        throw new TemplateFault('SRV_TEMPLATE_SIZE', message);
      }
      run.budget.text(key.length);
      const isTrusted = frame.env.activation.active || value instanceof Html;
      run.names.set(key, isMarked || !isTrusted ? taint(value) : value);
    },
  },
  {
    name: 'raise',
    arguments: [1, 2],
    call([type, message], { run }) {
      const name = textArgument(run, type).slice(0, TYPE_CHARACTERS_MAX);
      const text = textArgument(run, message).slice(0, MESSAGE_CHARACTERS_MAX);
      const known = run.world.raise(name, text === '' ? name : text);
      if (known !== undefined) throw known;
      throw new TemplateFault('SRV_TEMPLATE_RAISED', text === '' ? name : text, { type: name });
    },
  },
  {
    name: 'return',
    arguments: [0, 1],
    reserved: true,
    call([value], { frame, isMarked }) {
      throw new ReturnSignal(frame.env.activation, isMarked ? taint(value) : value);
    },
  },
  {
    name: 'log',
    arguments: [1, 100],
    call(values, { run, frame }) {
      const text = values.map((value) => textArgument(run, value)).join(' ');
      const { path } = frame.env.activation.code;
      run.world.log?.(text.slice(0, MESSAGE_CHARACTERS_MAX), { path, line: run.at.line });
    },
  },
  {
    name: 'raw',
    arguments: [0, 0],
    block: 'always',
    call: (_args, call) => (call.run.markup ? call.capture() : call.captureText()),
  },
];
