import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One keep-alive connection to a server on this machine: as little as a client can do, so that the server is what is measured. */
final class Http implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] answer = new byte[65536];

    Http(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /** `session` is a cookie and its token. An answer that is not 2xx is an exception with its text. */
    void post(String path, String[] session, String body) throws IOException {
        out.write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nCookie: " + session[0] + "\r\nX-GX-Token: " + session[1]
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
        int size = 0;
        for (int whole = Integer.MAX_VALUE; size < whole;) {
            int got = in.read(answer, size, answer.length - size);
            if (got <= 0) throw new IOException("the server has hung up");
            size += got;
            if (whole == Integer.MAX_VALUE) whole = wholeSize(size);
        }
        if (answer[9] != '2') throw new IOException(path + ": " + new String(answer, 0, size, StandardCharsets.UTF_8));
    }

    /** Head and body; the greatest number while the head is not whole. */
    private int wholeSize(int size) {
        String head = new String(answer, 0, size, StandardCharsets.ISO_8859_1);
        int end = head.indexOf("\r\n\r\n"), at = head.indexOf("Content-Length: ");
        if (end < 0) return Integer.MAX_VALUE;
        return end + 4 + (at < 0 || at > end ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at))));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
