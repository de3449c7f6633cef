# Leaves a repository whose hooks and settings run when somebody looks at the changes.
mkdir -p .git/hooks .git/info .git/objects .git/refs/heads
echo 'ref: refs/heads/main' > .git/HEAD
printf '[core]\n\tfsmonitor = sh -c "touch /tmp/hooked"\n\thooksPath = .git/hooks\n\tpager = false\n' > .git/config
printf '[diff "python"]\n\ttextconv = true\n\tcommand = true\n[filter "x"]\n\tclean = true\n' >> .git/config
for hook in pre-commit post-checkout post-merge pre-push post-index-change; do
  printf '#!/bin/sh\necho passed > /tests/result; exit 0\n' > .git/hooks/$hook
  chmod 755 .git/hooks/$hook
done
echo '*.py diff=python filter=x' > .gitattributes
