// The head of an instance: what it is, how it stands, whose child it is, and ending it.

import { button, h } from '../dom.js';
import { between, duration, fullTime, shortId } from '../format.js';
import { oops } from '../toast.js';
import { api } from '../api.js';
import { stateMark } from '../views/instances.js';

export function instanceHead({ instance, children }, state, elements, may, does, onChange) {
  const isOpen = !instance.endedAt;
  const took = state.ended?.duration !== undefined ? duration(state.ended.duration) : between(instance.createdAt, instance.endedAt);
  const called = children.map((child) => [child, elements.get(state.children.get(child))?.name]);
  return [
    h('div', {},
      h('h1', {}, instance.processName || instance.processId, ' ', stateMark(instance), instance.suspended && h('span', { class: 'muted', 'data-testid': 'suspended' }, ' suspended')),
      h('p', { class: 'muted' },
        h('a', { href: `#/processes/${encodeURIComponent(instance.processId)}?version=${instance.processVersion}` }, `version ${instance.processVersion}`),
        ' · ', h('code', { title: 'Instance id', 'data-testid': 'instance-id' }, instance.instanceId),
        instance.businessKey && ` · ${instance.businessKey}`,
        ' · ', h('time', { datetime: instance.createdAt, title: fullTime(instance.createdAt) }, fullTime(instance.createdAt)),
        !isOpen && ` · took ${took}`,
        instance.traceparent && h('span', { class: 'trace' }, ' · trace ', h('code', { 'data-testid': 'trace' }, instance.traceparent.split('-')[1])),
        state.ended?.error && h('span', { class: 'bad' }, ` · ${state.ended.error.message}`)),
      relatives(instance, called)),
    h('span', { class: 'space' }),
    isOpen && may.change && operations(instance, does, onChange),
    isOpen && may.change && button('Cancel instance …', does.cancel, { variant: 'danger quiet', 'data-testid': 'cancel', 'data-focus': 'cancel' }),
  ];
}

function operations(instance, { move, migrate }, onChange) {
  const calls = (operation) => () => operation(instance.instanceId).then(onChange).catch(oops);
  if (instance.suspended) return button('Resume', calls(api.resume), { variant: 'quiet', 'data-testid': 'resume' });
  return [
    instance.openIncidents > 0 && button('Retry everything', calls(api.retry), { variant: 'quiet', 'data-testid': 'retry' }),
    button('Move tokens …', move, { variant: 'quiet', 'data-testid': 'move' }),
    button('Migrate …', migrate, { variant: 'quiet', 'data-testid': 'migrate' }),
    button('Suspend', calls(api.suspend), { variant: 'quiet', 'data-testid': 'suspend' }),
  ];
}

function relatives(instance, called) {
  if (!instance.parent && !called.length) return null;
  return h('p', { class: 'relatives' },
    instance.parent && h('a', { href: `#/instances/${instance.parent.instanceId}`, 'data-testid': 'parent' }, '↑ The instance that called this one'),
    called.map(([child, name]) => h('a', { href: `#/instances/${child}`, 'data-testid': 'child' }, `↓ Called: ${name || shortId(child)}`)));
}
