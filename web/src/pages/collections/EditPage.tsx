import '../../styles/collections.css';
import { useCollection } from '../../api/queries';
import { Link } from '../../ui/Link';
import { isMissing } from '../../api/client';
import { Failure, Notice } from '../../ui/Notice';
import { useTitle } from '../../url/title';
import { Editor } from './Editor';
import { fromConfig, NEW } from './draft';

/** Creates a collection, or changes the one that is named. */
export default function EditPage({ name }: { name: string }) {
  const found = useCollection(name);
  useTitle(name || 'New', 'Collections');
  if (name === '') return <Editor name="" opened={{ config: {}, etag: '' }} initial={NEW} />;
  if (isMissing(found.error)) {
    return <Notice icon="layers" title={`There is no collection ${name}`} actions={<Link className="button primary" href="/collections">All collections</Link>}>It may have been deleted.</Notice>;
  }
  if (found.error && !found.data) return <Failure error={found.error} what="the collection" retry={() => void found.refetch()} />;
  if (!found.data) return <div className="page-loading" role="status">Loading…</div>;
  return <Editor name={name} opened={found.data} initial={fromConfig(name, found.data.config)} />;
}
