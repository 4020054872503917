import { isHook } from '../config/run.ts';
import type { Config } from '../config/schema.ts';
import { reach } from './ask.ts';
import { type Finding, findingsOf } from './finding.ts';
import { isProgram } from './programs.ts';

/** Whether alerts and the heartbeat could be sent: that hosts take connections and programs are there. Nothing is sent, and no address is told: one may be a secret. */
export async function checkAlerts(
  { alerts, heartbeat }: Pick<Config, 'alerts' | 'heartbeat'>,
  root: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (alerts.length === 0 && heartbeat === undefined) {
    return [
      findingsOf('alerts')(
        'ok',
        'nobody is told of trouble: it stands in the log and on the status page only',
        'see alerts and heartbeat',
      ),
    ];
  }
  const findings: Finding[] = [];
  for (const alert of alerts) {
    const find = findingsOf('alerts', alert.name);
    if (alert.use === 'webhook') findings.push(await checkHook(alert.name, alert.url, signal));
    else if (await isProgram(alert.run[0] ?? '', root)) findings.push(find('ok', `${alert.run[0]} is there`));
    else findings.push(find('fail', `${alert.run[0]} cannot be started`, 'is it installed, executable, and in PATH?'));
  }
  if (heartbeat !== undefined) findings.push(await checkHook('heartbeat', heartbeat, signal));
  return findings;
}

async function checkHook(name: string, url: string, signal: AbortSignal): Promise<Finding> {
  const find = findingsOf('alerts', name);
  if (!isHook(url))
    return find('fail', 'its address is none that can be called', 'it is an http(s) address without a password');
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const why = await reach(host, Number(port || (protocol === 'https:' ? 443 : 80)), signal);
  if (why === undefined) return find('ok', 'its host takes connections; nothing was sent');
  return find('fail', `its host cannot be reached: ${why}`, 'correct its address, or let this machine connect to it');
}
