import { Suspense } from 'react';
import { useSession } from './api/session';
import { Boundary, page } from './ui/Boundary';
import { Icon, type IconName } from './ui/Icon';
import { Link } from './ui/Link';
import { ThemeButton } from './ui/ThemeButton';
import { TokenDialog } from './ui/TokenDialog';
import { useToast } from './ui/toast';
import { useAddress } from './url/route';
import { useTitle } from './url/title';
import { Logo } from './ui/Logo';
import { Notice } from './ui/Notice';
import { SearchPage } from './pages/search/SearchPage';

const CollectionsPage = page(() => import('./pages/collections/CollectionsPage'));
const EditPage = page(() => import('./pages/collections/EditPage'));
const FleetPage = page(() => import('./pages/fleet/FleetPage'));
const AgentPage = page(() => import('./pages/fleet/AgentPage'));
const PipelinePage = page(() => import('./pages/pipeline/PipelinePage'));

const PAGES: { path: string; also?: string; label: string; icon: IconName }[] = [
  { path: '/', label: 'Search', icon: 'search' },
  { path: '/collections', also: '/new-collection', label: 'Collections', icon: 'layers' },
  { path: '/fleet', label: 'Fleet', icon: 'fleet' },
  { path: '/pipeline', label: 'Pipeline', icon: 'flow' },
];

export function App() {
  const { path } = useAddress();
  const { offline, needsToken } = useSession();
  const message = useToast();
  const here = PAGES.find((one) => (one.path === '/' ? path === '/' : path === one.path || path.startsWith(`${one.path}/`) || path === one.also));
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the content</a>
      <header className="top">
        <Link className="brand" href="/" aria-label="Millrace: search"><Logo /> <span>Millrace</span></Link>
        <nav className="tabs" aria-label="Pages">
          {PAGES.map((one) => (
            <Link key={one.path} href={one.path} aria-current={one === here ? 'page' : undefined}>
              <Icon name={one.icon} size={18} />
              <span>{one.label}</span>
            </Link>
          ))}
        </nav>
        <ThemeButton />
      </header>
      {offline && <div className="banner" role="status">The server does not answer. It is asked again by itself; what you see may be old.</div>}
      <main id="main" tabIndex={-1}>
        <Boundary key={path}>
          <Suspense fallback={<div className="page-loading" role="status">Loading…</div>}>{pageOf(path)}</Suspense>
        </Boundary>
      </main>
      <div className={`toast ${message ? 'toast-shown' : ''}`} role="status">{message}</div>
      {needsToken && <TokenDialog />}
    </div>
  );
}

function pageOf(path: string) {
  const [, first = '', second = ''] = path.split('/').map(decodeURIComponent);
  if (first === '') return <SearchPage />;
  if (first === 'collections' && second === '') return <CollectionsPage />;
  if (first === 'new-collection') return <EditPage key="" name="" />;
  if (first === 'collections') return <EditPage key={second} name={second} />;
  if (first === 'fleet' && second === '') return <FleetPage />;
  if (first === 'fleet') return <AgentPage id={second} />;
  if (first === 'pipeline') return <PipelinePage />;
  return <NoPage path={path} />;
}

function NoPage({ path }: { path: string }) {
  useTitle();
  return <Notice title="There is no such page" actions={<Link className="button primary" href="/">Go to search</Link>}>The address <code>{path}</code> leads nowhere.</Notice>;
}
