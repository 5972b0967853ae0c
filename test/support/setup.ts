// Runs before every test file: decorators that record types need the metadata API.
import 'reflect-metadata';
