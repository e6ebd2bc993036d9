// The library needs this polyfill before its first line runs, whoever imports it first.
import 'reflect-metadata';

export * from '@peculiar/x509';
