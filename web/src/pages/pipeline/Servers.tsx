import type { Role } from '../../api/types';
import { Ago } from '../../ui/Ago';

/** The processes of the server roles that are there now. */
export function Servers({ roles }: { roles: Role[] }) {
  return (
    <section className="stack-small">
      <h2>Servers</h2>
      {roles.length === 0 ? <p className="muted">No role runs as a process of its own, as in <code>millrace up</code>, or etcd does not answer right now.</p> : (
        <div className="card">
          <table className="sheet">
            <thead><tr><th scope="col">Role</th><th scope="col">Host</th><th scope="col">Leads</th><th scope="col">Started</th><th scope="col">Version</th></tr></thead>
            <tbody>
              {roles.map((r) => (
                <tr key={r.role + r.id}>
                  <td className="lead"><strong>{r.role}</strong><span className="sub mono">{r.id}</span></td>
                  <td data-label="Host">{r.host}</td>
                  <td data-label="Leads">{r.leads.length > 0 ? r.leads.join(', ') : <span className="muted">–</span>}</td>
                  <td data-label="Started"><Ago at={r.since} /></td>
                  <td data-label="Version" className="muted">{r.version}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
