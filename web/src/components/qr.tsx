// A QR code as one path; the encoder comes on demand.
import { useEffect, useState } from 'preact/hooks';

export function Qr({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<{ path: string; count: number } | null>(null);
  useEffect(() => {
    void import('qrcode-generator').then(({ default: qrcode }) => {
      const code = qrcode(0, 'M');
      code.addData(text);
      code.make();
      const count = code.getModuleCount();
      let path = '';
      for (let y = 0; y < count; y++) for (let x = 0; x < count; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
      setDrawn({ path, count });
    });
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${drawn?.count ?? 1} ${drawn?.count ?? 1}`} role="img" aria-label={label} shape-rendering="crispEdges">
      {drawn && <path d={drawn.path} fill="black" />}
    </svg>
  );
}
