/* What will become of the events of a function: the settings that hold, whose they are, and when a failing event runs. */
import { useEffect, useState } from 'preact/hooks';

import { api } from './api.ts';
import type { FunctionRow, Json, Plan, Planned } from './api.ts';
import { attempt } from './store.ts';
import { Dialog } from './ui.tsx';

const settings: [name: keyof Omit<Plan, 'Text'>, shown: string, unit: string][] = [
    ['MaximumRetryAttempts', 'retry attempts', ''],
    ['MaximumEventAgeInSeconds', 'event age', ' s'],
    ['RetryDelaysSeconds', 'delays', ' s'],
    ['ReservedConcurrentExecutions', 'reserved concurrency', ''],
    ['DeadLetterQueue', 'dead letters', ''],
    ['OnSuccess', 'on success', ''],
    ['OnFailure', 'on failure', ''],
];

function valueOf(value: Json, unit: string): string {
    if (value === null) return 'none';
    return typeof value === 'string' ? value.replace(/.*[:/]/, '') : (Array.isArray(value) ? value.join(', ') : String(value)) + unit;
}

export function PlanDialog({ row, onClose }: { row: FunctionRow; onClose: () => void }) {
    const [qualifier, setQualifier] = useState('');
    const [plan, setPlan] = useState<Plan | null>(null);
    useEffect(() => {
        void attempt(async () => setPlan(await api.plan(row.FunctionName, qualifier || undefined)));
    }, [qualifier]);
    const others = [...row.Versions.filter((version) => version !== '$LATEST'), ...row.Aliases];
    return (
        <Dialog title={`Plan of ${row.FunctionName}`} onClose={onClose}>
            {others.length > 0 && (
                <label>
                    Qualifier
                    <select value={qualifier} onChange={(e) => setQualifier(e.currentTarget.value)}>
                        <option value="">$LATEST</option>
                        {others.map((name) => (
                            <option key={name}>{name}</option>
                        ))}
                    </select>
                </label>
            )}
            {plan && (
                <>
                    <table>
                        <tbody>
                            {settings.map(([name, shown, unit]) => {
                                const setting: Planned = plan[name];
                                return (
                                    <tr key={name}>
                                        <th scope="row">{shown}</th>
                                        <td>{valueOf(setting.Value, unit)}</td>
                                        <td class="dim">{setting.From}</td>
                                    </tr>
                                );
                            })}
                        </tbody>
                    </table>
                    <p>{plan.Text}</p>
                </>
            )}
        </Dialog>
    );
}
