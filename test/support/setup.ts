// Runs in every test file before it: decorators that record types need the metadata API.
import 'reflect-metadata';
