import { acrossSurfaces } from '../support/across-surfaces.js'

acrossSurfaces('SIGKILL')
