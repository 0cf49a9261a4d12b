/** What a failed system call says, in words. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'no such folder';
    case 'ENOTDIR':
      return 'a file where its folder should be';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to write';
    case 'EROFS':
      return 'a read-only file system';
    case 'ELOOP':
      return 'a loop of symbolic links';
    case 'ENAMETOOLONG':
      return 'a name that is too long';
    case 'EDQUOT':
    case 'ENOSPC':
      return 'no space left on the device';
    default:
      return code ?? message;
  }
}
