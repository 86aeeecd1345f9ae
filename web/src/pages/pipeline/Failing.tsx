import type { FailingPipeline } from '../../api/types';
import { number } from '../../time/format';
import { Ago } from '../../ui/Ago';
import { Link } from '../../ui/Link';
import { failedEvents } from '../../url/searchState';
import { percent } from './stages';

/** A collection whose pipeline began to fail, with the lines that show why. */
export function Failing({ pipeline: { collection, minute, before, failing } }: { pipeline: FailingPipeline }) {
  return (
    <section className="stack-small" aria-label={`Failures of ${collection}`}>
      <h2>The pipeline of <code>{collection}</code> fails</h2>
      <p>
        <span className="problem-text">{percent(minute)} of the lines of the last minute</span>, {number(minute.failed)} of {number(minute.lines)};
        in the hour before it {percent(before)}. The lines are kept and tagged:{' '}
        <Link href={failedEvents(collection)}>see them all</Link>, or <Link href={`/collections/${encodeURIComponent(collection)}`}>mend the steps</Link>. These were the last:
      </p>
      <div className="card">
        <table className="sheet">
          <thead><tr><th scope="col">Line</th><th scope="col">Step</th><th scope="col">File</th><th scope="col">Read</th></tr></thead>
          <tbody>
            {failing.map((l, i) => (
              <tr key={i}>
                <td className="lead"><code className="failing-line">{l.line}</code></td>
                <td data-label="Step"><span><code>{l.step}</code><span className="sub problem-text">{l.cause}</span></span></td>
                <td data-label="File"><span><code>{l.path}</code><span className="sub">{l.host}</span></span></td>
                <td data-label="Read" className="failing-read"><Ago at={l.at} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
