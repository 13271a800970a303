// gitlab-ci-local 4.75 is written for Node 22; this is all that it lacks on Node 20.
Set.prototype.union ??= function union(other) {
  return new Set([...this, ...other]);
};
