//! Tincan as its clients meet it: every test talks to a listening socket of the real server, over a database of its own.

mod support;

mod accounts;
