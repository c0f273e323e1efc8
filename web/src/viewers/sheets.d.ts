declare module 'sheet:*' {
  const text: string;
  export default text;
}

declare module 'dmn-js/lib/NavigatedViewer' {
  const Viewer: unknown;
  export default Viewer;
}
