// All routes of the dashboard. A route that is not here does not exist.
import { overview } from './pages/overview.tsx';
import type { Route } from './route.ts';

export const ROUTES: readonly Route[] = [overview];
