import { useState } from 'react';
import * as calls from '../../api/calls';
import { ApiError } from '../../api/client';
import { client } from '../../api/queries';
import { noteFailure } from '../../api/session';
import { Dialog } from '../../ui/Dialog';
import { message } from '../../ui/Notice';
import { toast } from '../../ui/toast';
import { navigate } from '../../url/route';

/** Asks whether a collection is really to go. */
export function DeleteDialog({ name, etag, close }: { name: string; etag: string; close: () => void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const remove = async () => {
    setBusy(true);
    try {
      await calls.deleteCollection(name, etag);
      await client.invalidateQueries({ queryKey: ['collections'] });
      toast(`${name} is deleted.`);
      navigate('/collections', { force: true, replace: true });
    } catch (error) {
      noteFailure(error);
      setBusy(false);
      const stale = error instanceof ApiError && error.status === 412;
      setProblem(stale ? 'Somebody changed it since you opened it. Load the page anew and look at it before you delete it.' : message(error));
    }
  };
  return (
    <Dialog title={`Delete ${name}?`} onClose={close}>
      <p>Hosts let go of its files within seconds. What was collected stays and can be searched until its time is over.</p>
      {problem && <p className="field-problem" role="alert">{problem}</p>}
      <div className="row end">
        <button type="button" className="button" autoFocus onClick={close}>Keep it</button>
        <button type="button" className="button danger filled" disabled={busy} onClick={() => void remove()}>{busy ? 'Deleting…' : 'Delete'}</button>
      </div>
    </Dialog>
  );
}
