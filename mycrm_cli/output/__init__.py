"""The only way out: data goes to stdout through ``Output.rows``, remarks go to stderr through ``say``."""
