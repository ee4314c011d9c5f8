import { acrossSurfaces } from '../support/across-surfaces.js'

acrossSurfaces('SIGTERM')
