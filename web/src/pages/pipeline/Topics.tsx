import type { TopicFinding } from '../../api/types';
import { StateDot } from '../../ui/StateDot';

/** What of the topics is not as the install says, and what puts it right; nothing when all is well. */
export function Topics({ findings }: { findings: TopicFinding[] }) {
  if (findings.length === 0) return null;
  return (
    <section className="stack-small" aria-label="Topics that are not as they should be">
      <h2>Topics that are not as they should be</h2>
      <ul className="card findings">
        {findings.map((f) => (
          <li key={f.topic + f.what}>
            <p><StateDot tone={f.fatal ? 'error' : 'warn'}>{f.fatal ? 'must be mended' : 'had better be mended'}</StateDot> <strong>{f.topic}</strong>: {f.what}</p>
            <pre className="finding-fix" tabIndex={0} role="group" aria-label={`What mends ${f.topic}`}>{f.fix}</pre>
          </li>
        ))}
      </ul>
    </section>
  );
}
