// The button on an element that waits for a person: opens what the person can do there.

import { button } from '../dom.js';
import { oops } from '../toast.js';
import { openIncident } from './incident_dialog.js';
import { openMessage } from './message_dialog.js';
import { openUserTask } from './user_task_dialog.js';

/** `{key, make()}` for the diagram, or null. The key says when the button is another one. */
export function elementAction(element, { tasks, subscriptions, incidents, elements, variables }, may) {
  const incident = may.change && incidents.find(({ elementId }) => elementId === element.id);
  if (incident) return action(`incident/${incident.id}`, 'Resolve …', 'danger', () => openIncident(incident, elements.get(element.id)?.name || element.id, variables));
  const task = may.tasks && tasks.find(({ elementId }) => elementId === element.id);
  if (task) return action(`task/${task.id}`, task.isManual ? 'Done …' : 'Open form', 'primary', () => openUserTask(task.id).catch(oops));
  const subscription = may.change && subscriptions.find(({ elementId }) => elementId === element.id);
  if (!subscription) return null;
  const acceptsFile = elements.get(element.id)?.properties?.custom?.accepts === 'file';
  return action(`message/${subscription.key}`, 'Deliver …', '', () => openMessage(subscription, acceptsFile));
}

function action(key, label, variant, onClick) {
  return { key, make: () => button(label, onClick, { variant: `${variant} on-picture`, tabindex: '-1' }) };
}
