/** A step failed, and the build with it, as far as `post` and `catchError` let it. */
class Failed extends RuntimeException {
  Failed(String message) { super(message) }
}
