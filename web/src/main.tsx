import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { client } from './api/queries';
import { App } from './App';
import './styles/base.css';
import './styles/ui.css';
import './styles/shell.css';
import './styles/search.css';

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
);
