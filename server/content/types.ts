/** The content types that every site has. */
import { catalogType } from './catalog.js';
import { contentTypes } from './content-type.js';
import { documentType } from './document.js';
import { fileType } from './file.js';
import { folderType } from './folder.js';
import { imageType } from './image.js';
import { redirectType } from './redirect.js';
import { sqlConnectionType } from './sql-connection.js';
import { sqlMethodType } from './sql-method-type.js';
import { templateType } from './template.js';
import { userFolderType } from './user-folder.js';
import { userType } from './user.js';
import { versionType } from './version.js';

/** Puts the built-in types on the list. Harmless when they are on it. */
export function registerBuiltInTypes(): void {
  contentTypes.register(folderType);
  contentTypes.register(documentType);
  contentTypes.register(templateType);
  contentTypes.register(fileType);
  contentTypes.register(imageType);
  contentTypes.register(redirectType);
  contentTypes.register(sqlConnectionType);
  contentTypes.register(sqlMethodType);
  contentTypes.register(userFolderType);
  contentTypes.register(userType);
  contentTypes.register(versionType);
  contentTypes.register(catalogType);
}
