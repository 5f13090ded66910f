/** Which objects have contents as screens show them: folders, but not those that hold users. */
import { type Container, type Content, isContainer, UserFolder } from '../server/index.js';

export function holdsContent(object: Content): object is Container {
  return isContainer(object) && !(object instanceof UserFolder);
}
