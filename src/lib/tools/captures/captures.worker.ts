/** The captures tool in its worker. Everything it does is in session.ts. */
import { expose } from 'comlink';
import { CaptureSession } from './session';

expose(new CaptureSession());
