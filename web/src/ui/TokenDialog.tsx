import { useState, type FormEvent } from 'react';
import { client } from '../api/queries';
import { tokenGiven } from '../api/session';
import { setToken, tokenOf } from '../api/token';
import { Dialog } from './Dialog';

/** Asks for the server's token. It is kept until the tab is closed. */
export function TokenDialog() {
  const [value, setValue] = useState('');
  const [wrong] = useState(tokenOf() !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!value.trim()) return;
    setToken(value.trim());
    tokenGiven();
    client.resetQueries();
  };
  return (
    <Dialog title="This server asks for its token" onClose={tokenGiven}>
      <form onSubmit={submit} className="stack">
        <p className="muted">It stands in the file that the server was started with: <code>--token FILE</code>. This tab keeps it until it is closed.</p>
        <label className="field">
          <span className="field-label">Token</span>
          <input type="password" autoComplete="off" autoFocus value={value} onChange={(event) => setValue(event.target.value)} aria-invalid={wrong} aria-describedby={wrong ? 'token-wrong' : undefined} />
        </label>
        {wrong && <p id="token-wrong" className="field-problem">The token that was given is not the server’s.</p>}
        <div className="row end">
          <button type="submit" className="button primary">Go on</button>
        </div>
      </form>
    </Dialog>
  );
}
