"""One module for each fault; see ../../README.md."""
